import type { Moderated, Settings } from "../../messages.ts";

/** The units of a time as it is told, in milliseconds. */
const UNITS = [[86_400_000, "day"], [3_600_000, "hour"], [60_000, "minute"]] as const;

/** A time in words, to the next whole unit: `10 minutes`. */
export function span(milliseconds: number): string {
  const [unit, name] = UNITS.find(([unit]) => milliseconds >= 2 * unit) ?? [1_000, "second"];
  const count = Math.ceil(milliseconds / unit);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** What is told of an act. */
type Told = Pick<Moderated, "act" | "username" | "room" | "by" | "why"> & Settings & {
  /** Seconds. @default for ever */
  for?: number;
};

/** An act as a sentence: `ann has muted bob in dev for 10 minutes: spam`. */
export function sentence(told: Told): string {
  const { act, username, room, by, why } = told;
  const time = told.for === undefined ? "" : ` for ${span(told.for * 1_000)}`;
  const [from, inside] = room === undefined ? ["", ""] : [` from ${room}`, ` in ${room}`];
  const words = {
    kick: `${by} has sent ${username} away${from}`,
    mute: `${by} has muted ${username}${inside}${time}`,
    unmute: `${by} lets ${username} speak again${inside}`,
    ban: `${by} has banned ${username}${from}${time}`,
    unban: `${by} lets ${username} come back${room === undefined ? "" : ` to ${room}`}`,
    set: `${by} has changed ${room}, ${rules(told)}`,
  };
  return words[act] + (why === undefined ? "" : `: ${why}`);
}

/** What holds in a room, in words. */
function rules({ topic, slow, closed }: Settings): string {
  return [
    closed ? "which is closed" : "which is open",
    ...(slow ? [`takes a message in ${span(slow * 1_000)} of each`] : []),
    topic === undefined ? "and has no topic" : `and is about “${topic}”`,
  ].join(", ").replace(/, and/, " and");
}
