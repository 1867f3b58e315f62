import { serviceTests } from "./failing-services.ts";

serviceTests(["StopDaq", "Upload", "TransferCheck", "ListEsafs", "Delete"]);
