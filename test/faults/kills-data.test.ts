import { killTests } from "./kills.ts";

killTests(["Dirs", "StartDaq", "StopDaq", "Upload", "ListEsafs", "Delete"]);
