/**
 * Loaded before the program: its machine's clock is a minute ahead.
 *
 * @module
 */
const { now } = Date;
Date.now = () => now() + 60_000;
