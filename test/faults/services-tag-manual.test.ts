import { serviceTests } from "./failing-services.ts";

serviceTests(["TagManual"]);
