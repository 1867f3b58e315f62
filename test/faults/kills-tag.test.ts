import { killTests } from "./kills.ts";

killTests(["Tag", "ListEsafs"]);
