import { killTests } from "./kills.ts";

killTests(["PreviewEmail", "StopDaq"]);
