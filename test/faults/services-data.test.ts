import { serviceTests } from "./failing-services.ts";

serviceTests(["Dirs", "StartDaq"]);
