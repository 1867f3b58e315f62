import { serviceTests } from "./failing-services.ts";

serviceTests(["PreviewEmail", "Email"]);
