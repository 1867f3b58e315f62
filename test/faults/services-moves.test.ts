import { serviceTests } from "./failing-services.ts";

serviceTests(["StopDaq", "Upload", "ListEsafs", "Delete"]);
