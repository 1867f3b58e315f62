import { serviceTests } from "./failing-services.ts";

serviceTests(["Init", "CreateManual"]);
