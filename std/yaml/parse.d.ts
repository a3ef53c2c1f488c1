/** The signatures of `@std/yaml` 1.0.0 that this project uses. */

export function parse(content: string): unknown;
