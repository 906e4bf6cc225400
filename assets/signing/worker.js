// The only place where a private key is: it is opened here, signs once, and is gone when the worker ends.
import { Failure } from "./failure.js";
import { chooseIdentity } from "./identity.js";
import { openKeyFile } from "./pkcs12.js";
import { signatureOver } from "./xades.js";

self.onmessage = async ({ data: { file, password, iin, canonical, now } }) => {
  try {
    const identity = await chooseIdentity(await openKeyFile(new Uint8Array(file), password), iin, now);
    self.postMessage({ signature: await signatureOver(canonical, identity, now) });
  } catch (error) {
    const { code, params } = error instanceof Failure ? error : new Failure("failed");
    self.postMessage({ failure: { code, params } });
  }
};
