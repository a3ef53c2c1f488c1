import type { Attack } from "./attack.ts";
import { bodies } from "./bodies.ts";
import { frames } from "./frames.ts";
import { handshakes } from "./handshakes.ts";
import { moderation } from "./moderation.ts";
import { paths } from "./paths.ts";
import { readers } from "./readers.ts";
import { privacy } from "./privacy.ts";
import { slow } from "./slow.ts";
import { storms } from "./storms.ts";
import { texts } from "./texts.ts";
import { tokens } from "./tokens.ts";

/** Attacks on any server, by family. */
export const families = { frames, handshakes, slow, readers, bodies, paths, texts, storms };

/** Attacks on one where people prove who they are, by family. */
export const guarded = { tokens, privacy, moderation };

/** All attacks. */
export const attacks: Attack[] = [families, guarded].flatMap((all) => Object.values(all).flat());
