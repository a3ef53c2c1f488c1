/**
 * What is done with the page's files before they are served, in place of a build.
 *
 * @module
 */

/**
 * Takes comments and indentation out of a module or a style sheet: a third of what a browser would
 * have to wait for. It knows no grammar, so a test compares what our own files mean before and after.
 */
export const slim = (text: string): string =>
  text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "").replace(/^\s+/gm, "");

/**
 * Paths of a module and of all that has to be there before it can run: what it imports, what that
 * imports, and so on. What it imports with `import()` is not among them.
 *
 * @param files texts of modules by path
 * @throws {Error} when there is no such file
 */
export function needs(
  path: string,
  files: ReadonlyMap<string, unknown>,
  found = new Set<string>(),
): Set<string> {
  const text = files.get(path);
  if (typeof text !== "string") throw new Error(`Cannot serve the page: there is no ${path}`);
  found.add(path);
  for (const [, from] of text.matchAll(/^(?:import|export)\b(?:[^;"]* from)? "(\.[^"]+)";/gm)) {
    const next = new URL(from!, `file:///${path}`).pathname.slice(1);
    if (!found.has(next)) needs(next, files, found);
  }
  return found;
}
