// What lies in a credential that its issuer is known to have issued; fetched only where there is something.

import { checkComponents } from "./components.js";
import { checkEndorsements } from "./endorsements.js";

// `check` verifies the bytes of one file, without looking into it for more.
export const lookInside = async (report, files, check) => ({
  endorsements: await checkEndorsements(report, check),
  components: await checkComponents(report, files, check),
});
