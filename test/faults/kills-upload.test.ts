import { killTests } from "./kills.ts";

killTests(["Upload"]);
