/** The chapters. */
import type { Chapter } from "../../support/base-values.ts";
import { constants } from "./constants.ts";

export const CHAPTERS: readonly Chapter[] = [constants];
