/** The signatures of `@std/ulid` 1.0.0. */

export function decodeTime(ulid: string): number;
export function monotonicUlid(seedTime?: number): string;
export function ulid(seedTime?: number): string;
