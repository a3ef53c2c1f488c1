/** Milliseconds within which whatever is asked for is answered, or has failed. */
export const PATIENCE = 2_000;
/** What is answered once everything ends. */
export const ENDED = "the server is shutting down";
