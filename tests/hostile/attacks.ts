import type { Attack } from "./attack.ts";
import { bodies } from "./bodies.ts";
import { frames } from "./frames.ts";
import { handshakes } from "./handshakes.ts";
import { paths } from "./paths.ts";
import { readers } from "./readers.ts";
import { slow } from "./slow.ts";
import { storms } from "./storms.ts";
import { texts } from "./texts.ts";

/** All attacks, by family. */
export const families = { frames, handshakes, slow, readers, bodies, paths, texts, storms };

/** All attacks. */
export const attacks: Attack[] = Object.values(families).flat();
