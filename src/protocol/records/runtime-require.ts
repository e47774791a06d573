import { createRequire } from 'node:module'

/**
 * `require` of this file, whether it runs as an ES module or bundled as CommonJS. It is for packages
 * that can't be bundled (native code, WebAssembly) and are loaded only when they are used.
 */
export const runtimeRequire = createRequire(
  typeof __filename === 'string' ? __filename : import.meta.url,
)
