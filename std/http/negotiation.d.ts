/** The signatures of `@std/http/negotiation` 1.1.3, as far as this project calls them. */

export function accepts(request: Pick<Request, "headers">): string[];
export function accepts<T extends string = string>(
  request: Pick<Request, "headers">,
  ...types: T[]
): T | undefined;
export function acceptsEncodings(request: Pick<Request, "headers">): string[];
export function acceptsEncodings<T extends string = string>(
  request: Pick<Request, "headers">,
  ...encodings: T[]
): T | undefined;
