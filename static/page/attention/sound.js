/// <reference lib="dom" />
/**
 * A quiet sound for new messages, made when it is played.
 *
 * @module
 */

/** Milliseconds from one sound to the next, at least. */
const REST = 4_000;

/** The tones: when each begins, in seconds, and its frequency in Hz. */
const TONES = /** @type {const} */ ([[0, 659.26], [.12, 880]]);

/** How long a tone takes to fade away, in seconds. */
const FADING = .5;

/** How loud it is; 1 would be as loud as can be. */
const LOUDNESS = .06;

/** How many milliseconds later it would be no sign of anything. */
const LATE = 1_000;

/** Two soft tones. Browsers let a page sound only once somebody has clicked or typed there. */
export class Sound {
  /** @type {Promise<AudioContext> | undefined} */
  #ready;
  #played = -Infinity;

  /** Makes it ready to be played; to be called when somebody clicks or types. */
  prepare() {
    this.#ready ??= prepare();
  }

  /** Plays it, if it is ready and was not played a moment ago. */
  async play() {
    const asked = performance.now();
    if (!this.#ready || asked - this.#played < REST) return;
    this.#played = asked;
    const context = await this.#ready;
    await context.resume();
    if (performance.now() - asked > LATE) return;
    const tones = TONES.map(([begin, frequency]) => {
      const start = context.currentTime + begin;
      const tone = new OscillatorNode(context, { frequency });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.setValueAtTime(0, start)
        .linearRampToValueAtTime(LOUDNESS, start + .02)
        .exponentialRampToValueAtTime(LOUDNESS / 1_000, start + FADING);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + FADING);
      return new Promise((resolve) => tone.onended = resolve);
    });
    await Promise.all(tones);
    await context.suspend();
  }

  /** Ends it. */
  async close() {
    await (await this.#ready)?.close();
  }
}

/** An audio context that takes nothing of the machine until it is resumed. */
async function prepare() {
  const context = new AudioContext();
  await context.resume();
  await context.suspend();
  return context;
}
