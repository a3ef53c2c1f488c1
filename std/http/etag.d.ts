/** The signatures of `@std/http/etag` 1.1.3, as far as this project calls them. */

export interface ETagOptions {
  algorithm?: AlgorithmIdentifier;
  weak?: boolean;
}
export function eTag(
  entity: string | ReturnType<TextEncoder["encode"]>,
  options?: ETagOptions,
): Promise<string>;
export function ifNoneMatch(value: string | null, etag: string | undefined): boolean;
