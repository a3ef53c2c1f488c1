import type { Crowd } from "./crowd.ts";

/**
 * An open loop: messages are said at a fixed rate, whatever becomes of them, by the speakers in
 * turn. Notes how long each message takes to reach each client.
 */
export class Pace {
  /** Connections whose latencies are not noted, by index. */
  readonly apart = new Set<number>();
  /** Told of every latency that is noted, when somebody wants to know whose it is. */
  noted?: (index: number, sender: number, latency: number) => void;
  /** Messages a second, all speakers together. */
  rate: number;
  #crowd: Crowd;
  /** Indices of the connections that speak. */
  #speakers: readonly number[];
  #turn = 0;
  /** When each message was said, by sender number and sequence number. */
  #said: number[][] = [];
  #latencies: number[] = [];

  /** The speakers sit in one room if `timed`. */
  constructor(crowd: Crowd, speakers: readonly number[], rate: number, timed = true) {
    this.#crowd = crowd;
    this.#speakers = speakers;
    this.rate = rate;
    if (!timed) return;
    crowd.witness = ({ index }, sender, sequence) => {
      const said = this.#said[sender]?.[sequence];
      if (said !== undefined && !this.apart.has(index)) {
        const latency = performance.now() - said;
        this.#latencies.push(latency);
        this.noted?.(index, sender, latency);
      }
    };
  }

  /** Speaks for so many milliseconds. */
  run(milliseconds: number, meanwhile: () => void = () => {}) {
    const start = performance.now();
    for (let said = 0, now = start; now - start < milliseconds; now = performance.now()) {
      while (said / this.rate * 1_000 <= now - start) {
        this.#say();
        said++;
      }
      const next = start + said / this.rate * 1_000;
      this.#crowd.pump(Math.min(next, start + milliseconds) - performance.now());
      meanwhile();
    }
  }

  /** The latencies since the last call, in milliseconds, sorted. */
  take(): Float64Array {
    const latencies = Float64Array.from(this.#latencies).sort();
    this.#latencies = [];
    return latencies;
  }

  #say() {
    const speaker = this.#crowd.connections[this.#speakers[this.#turn]!]!;
    this.#turn = (this.#turn + 1) % this.#speakers.length;
    (this.#said[speaker.seat.sender!] ??= [])[speaker.said] = performance.now();
    speaker.say();
  }
}
