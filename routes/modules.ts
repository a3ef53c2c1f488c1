/**
 * What is done with the page's files before they are served, in place of a build.
 *
 * @module
 */

/**
 * Takes comments and indentation out of a module, a style sheet or a page: a third of what a browser
 * would have to wait for. It knows no grammar, so tests compare what our own files mean before and
 * after.
 */
export const slim = (text: string): string =>
  text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "").replace(/^\s+/gm, "");

/** What a module takes from another. */
const IMPORT = /^import \{([^}]*)\} from "(\.[^"]+)";/gm;
/** What a module loads when it is first used. */
const LATER = /\bimport\("(\.[^"]+)"\)/g;
/** What stands before something that a module gives. */
const EXPORT = /^export (?=(?:async )?(?:class|const|function\*?) (\w+))/gm;

/**
 * Joins a module and all that has to be there before it can run into one, in which each is a scope of
 * its own. A browser asks for six files at a time, and each of thirty small ones comes with a head as
 * long as itself. What is imported by `import()` stays a file; of those that are joined it takes what
 * it needs from there, as there must be one of each.
 *
 * @param start path of the module
 * @param modules texts by path. They import as in `import { a, b as c } from "./d.js";`, and export
 * what they declare
 * @returns texts by path
 * @throws {Error} when an imported module is missing
 */
export function join(start: string, modules: ReadonlyMap<string, string>): Map<string, string> {
  const joined = new Set<string>();
  const top = "../".repeat(start.split("/").length - 1);
  const there = (path: string): string => {
    const text = modules.get(path);
    if (text === undefined) throw new Error(`Cannot serve the page: there is no ${path}`);
    return text;
  };
  /** What a module imports when it is first used, as seen from the joined one. */
  const later = (path: string): string => {
    there(path);
    return `import("./${top}${path}")`;
  };
  const add = (path: string): string => {
    const text = there(path);
    joined.add(path);
    const given: string[] = [];
    let before = "";
    const body = text.replace(IMPORT, (_, names, from) => {
      const other = beside(path, from);
      if (!joined.has(other)) before += add(other);
      return take(names, other);
    }).replace(LATER, (_, from) => later(beside(path, from))).replace(EXPORT, (_, name) => {
      given.push(name);
      return "";
    });
    return `${before}const ${nameOf(path)} = (() => {\n${body}return { ${given} };\n})();\n`;
  };
  const whole = `${add(start)}export { ${[...joined].map(nameOf)} };\n`;
  const others = [...modules].filter(([path]) => !joined.has(path)).map(([path, text]) => {
    const back = "../".repeat(path.split("/").length - 1) + start;
    const body = text.replace(IMPORT, (whole, names, from) => {
      const other = beside(path, from);
      const found = `import { ${nameOf(other)} } from "./${back}";\n${take(names, other)}`;
      return joined.has(other) ? found : whole;
    });
    return [path, body] as const;
  });
  return new Map([[start, whole], ...others]);
}

/** The path of what a module imports. */
const beside = (path: string, from: string) => new URL(from, `file:///${path}`).pathname.slice(1);

/** What a joined module is called. Not a number: after an update that would be another module. */
const nameOf = (path: string) => path.replace(/\W/g, "_");

/** What an import of a joined module becomes. */
const take = (names: string, path: string) =>
  `const {${names.replaceAll(" as ", ": ")}} = ${nameOf(path)};`;
