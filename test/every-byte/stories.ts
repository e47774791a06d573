import { compactionStory } from './compaction-story.js'
import { crashEverywhere, type Story } from './cuts.js'
import { deletionStory } from './deletion-story.js'
import { logStories } from './log-stories.js'
import { metadataStory } from './metadata-story.js'

type Crashes = ReturnType<typeof crashEverywhere>

/** A story, to be crashed at one of so many cuts, all of them if 1. */
export interface Crashable {
  readonly name: string
  readonly crash: (oneOf: number) => Crashes
}

function crashable<P>(story: Story<P>): Crashable {
  return { name: story.name, crash: (oneOf) => crashEverywhere(story, oneOf) }
}

export const stories: readonly Crashable[] = [
  ...logStories.map(crashable),
  crashable(deletionStory),
  crashable(compactionStory),
  crashable(metadataStory),
]
