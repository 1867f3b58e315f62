/** The chapters. */
import type { Chapter } from "../../support/engine/base-values.ts";
import { callbacks } from "./callbacks.ts";
import { constants } from "./constants.ts";
import { initial } from "./initial.ts";
import { inputs } from "./inputs.ts";
import { modifiers } from "./modifiers.ts";
import { outputs } from "./outputs.ts";
import { posting } from "./posting.ts";

export const CHAPTERS: readonly Chapter[] = [callbacks, constants, initial, inputs, modifiers, outputs, posting];
