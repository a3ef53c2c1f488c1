import { ChatError } from "../../../messages.ts";

/** Writes one event to the log. */
export type Tell = (level: "info" | "warn" | "error", event: string, fields?: object) => void;

/** Milliseconds until something that failed is tried again, here and by whoever was told so. */
export const AGAIN = 1_000;

/** What who asked for something is told where that cannot be done. */
export function unavailable(why: string): ChatError {
  return new ChatError(
    "unavailable",
    `Cannot say or read messages: ${why}, try again in a moment`,
    { retryAfter: AGAIN },
  );
}

/** What the log is told of an error. */
export function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
