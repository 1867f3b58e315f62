/** The chapters. */
import type { Chapter } from "../../support/base-values.ts";
import { constants } from "./constants.ts";
import { inputs } from "./inputs.ts";
import { outputs } from "./outputs.ts";

export const CHAPTERS: readonly Chapter[] = [constants, inputs, outputs];
