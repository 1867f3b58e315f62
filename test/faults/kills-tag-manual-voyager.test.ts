import { killTests } from "./kills.ts";

killTests(["TagManual"], "voyager");
