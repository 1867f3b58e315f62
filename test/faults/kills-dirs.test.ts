import { killTests } from "./kills.ts";

killTests(["Dirs"]);
