import { createRequire } from 'node:module'

/**
 * `require` of this file, whether it runs as an ES module or bundled as CommonJS. It is for packages
 * that can't be bundled (native code, WebAssembly) and are loaded only when they are used.
 */
// `node -e` has a __filename that is none, also for ES modules.
export const runtimeRequire = createRequire(import.meta.url ?? __filename)
