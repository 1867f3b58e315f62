import { killTests } from "./kills.ts";

killTests(["StartDaq"]);
