// Signing with NCALayer, the program of the National Certification Authority, which listens on this machine.
import { NCALayerClient } from "ncalayer-js-client";
import { Failure } from "./failure.js";

/** Return the signed text: NCALayer asks for the key in its own window. Throws Failure. */
export async function signWithNcalayer(text, language) {
  const client = new NCALayerClient();
  client.kmdHttpApiUrl = "https://:0"; // no address: another program's, which we do not use and may not connect to
  try {
    await client.connect();
  } catch {
    throw new Failure("ncalayer_absent");
  }
  try {
    const signed = await client.basicsSignXML(
      NCALayerClient.basicsStorageAll,
      text,
      NCALayerClient.basicsXMLParams,
      NCALayerClient.basicsSignerSignAny,
      language === "en" ? "ru" : language, // it speaks no English
    );
    const [first] = [signed].flat();
    if (typeof first !== "string" || !first) {
      throw new Failure("ncalayer_failed", { message: "–" });
    }
    return first;
  } catch (error) {
    throw asFailure(error);
  } finally {
    client.wsConnection?.close();
  }
}

function asFailure(error) {
  if (error instanceof Failure) {
    return error;
  }
  return error.canceledByUser
    ? new Failure("ncalayer_cancelled")
    : new Failure("ncalayer_failed", { message: String(error.message).slice(0, 200) });
}
