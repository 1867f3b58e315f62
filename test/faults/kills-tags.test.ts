import { killTests } from "./kills.ts";

killTests(["Tag", "TagManual", "CreateManual"]);
