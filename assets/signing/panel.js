// The form of templates/components/sign.html: asks for a key, signs, and sends the signed document like any other file.
import { fetchDocument, splice } from "./document.js";
import { Failure } from "./failure.js";
import { signWithNcalayer } from "./ncalayer.js";

const FILE_BYTES_MOST = 1_000_000;
const policy = globalThis.trustedTypes?.createPolicy("shekara-worker", { createScriptURL: ownAddress });

function ownAddress(address) {
  if (!address.startsWith("/static/")) {
    throw new TypeError("workers come from the portal only");
  }
  return address;
}

class Panel {
  constructor(form) {
    this.form = form;
    this.title = document.title;
    this.summary = form.querySelector("[data-failure]");
    document.querySelector("main h1").before(this.summary);
    this.busy = false;
    form.classList.add("signing--ready");
    for (const item of form.querySelectorAll("[data-ways] > .govuk-radios__item")) {
      item.hidden = false;
    }
    form.addEventListener("change", (event) => event.target.name === "way" && this.showWay());
    form.addEventListener("submit", (event) => this.submit(event));
    this.summary.querySelector("[data-failure-text]").addEventListener("click", (event) => this.goToField(event));
    form.querySelector("#signing-way-file").checked = true;
    this.showWay();
  }

  get way() {
    return this.form.querySelector("[name=way]:checked").value;
  }

  field(name) {
    return this.form.querySelector(`#signing-${name}`);
  }

  showWay() {
    for (const part of this.form.querySelectorAll("[data-way]")) {
      part.hidden = part.dataset.way !== this.way;
    }
    this.clear();
  }

  async submit(event) {
    event.preventDefault();
    if (this.busy) {
      return;
    }
    this.clear();
    document.querySelector("main .govuk-error-summary:not([data-failure])")?.remove(); // of what was sent before
    this.setBusy(true);
    try {
      if (this.way === "upload") {
        this.demand(this.field("signed").files.length, "signed");
      } else {
        this.put(await (this.way === "file" ? this.signWithFile() : this.signInNcalayer()));
      }
      this.tell("sending");
      this.field("password").value = "";
      this.form.submit();
    } catch (error) {
      this.setBusy(false);
      this.fail(error instanceof Failure ? error : new Failure("failed"));
    }
  }

  async signWithFile() {
    const [file] = this.field("key").files;
    this.demand(file, "file");
    this.demand(file.size <= FILE_BYTES_MOST, "not_a_key_file");
    this.demand(globalThis.crypto?.subtle && globalThis.Worker, "browser");
    this.tell("opening");
    const unsigned = await fetchDocument(this.form.dataset.signing);
    const signature = await this.signInWorker({
      file: await file.arrayBuffer(),
      password: this.field("password").value,
      iin: this.form.dataset.iin,
      canonical: unsigned.canonical,
      now: new Date(),
    });
    return splice(unsigned, signature);
  }

  signInWorker(order) {
    const address = this.form.dataset.worker;
    const worker = new Worker(policy ? policy.createScriptURL(address) : ownAddress(address));
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data: { signature, failure } }) =>
        failure ? reject(new Failure(failure.code, failure.params)) : resolve(signature);
      worker.onerror = () => reject(new Failure("browser"));
      worker.postMessage(order, [order.file]);
    }).finally(() => worker.terminate());
  }

  async signInNcalayer() {
    this.tell("waiting");
    const { text } = await fetchDocument(this.form.dataset.signing);
    return new TextEncoder().encode(await signWithNcalayer(text, document.documentElement.lang));
  }

  /** Put the signed document where a signed file would have been chosen. */
  put(bytes) {
    const files = new DataTransfer();
    files.items.add(new File([bytes], this.form.dataset.filename, { type: "application/xml" }));
    this.field("signed").files = files.files;
  }

  demand(condition, code) {
    if (!condition) {
      throw new Failure(code);
    }
  }

  words(code, params = {}) {
    const written = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, inWords(value)]));
    const text = this.form.querySelector("[data-words]").content.querySelector(`[data-code="${code}"]`).textContent;
    return text.replace(/\{(\w+)\}/g, (whole, name) => written[name] ?? whole);
  }

  tell(code) {
    this.form.querySelector("[data-progress]").textContent = code ? this.words(code) : "";
  }

  setBusy(busy) {
    this.busy = busy;
    this.form.querySelector("button[type=submit]").setAttribute("aria-disabled", String(busy));
    this.form.classList.toggle("signing--busy", busy);
    if (!busy) {
      this.tell("");
    }
  }

  /** Tell what is wrong as every page does: in a summary that takes the focus, and beside the field. */
  fail({ code, params }) {
    const text = this.words(code, params);
    const link = this.summary.querySelector("[data-failure-text]");
    const name = this.fieldOf(code);
    link.textContent = text;
    link.href = `#signing-${name}`;
    const error = this.form.querySelector(`#signing-${name}-error`);
    if (error) {
      error.textContent = text;
      error.hidden = false;
      error.closest(".govuk-form-group").classList.add("govuk-form-group--error");
      this.describe(name, true);
    }
    this.summary.hidden = false;
    this.summary.focus();
    document.title = `${this.words("error")}: ${this.title}`;
  }

  fieldOf(code) {
    if (this.way === "ncalayer") {
      return "way-ncalayer";
    }
    if (this.way === "upload") {
      return "signed";
    }
    return code === "password" ? "password" : "key";
  }

  describe(name, wrong) {
    const field = this.field(name);
    const hint = name === "key" ? ["signing-key-hint"] : [];
    field.setAttribute("aria-describedby", [...hint, ...(wrong ? [`signing-${name}-error`] : [])].join(" "));
    if (wrong) {
      field.setAttribute("aria-invalid", "true");
    } else {
      field.removeAttribute("aria-invalid");
    }
    if (!field.getAttribute("aria-describedby")) {
      field.removeAttribute("aria-describedby");
    }
  }

  clear() {
    this.summary.hidden = true;
    for (const name of ["key", "password", "signed"]) {
      const error = this.form.querySelector(`#signing-${name}-error`);
      error.hidden = true;
      error.closest(".govuk-form-group").classList.remove("govuk-form-group--error");
      this.describe(name, false);
    }
    document.title = this.title;
  }

  goToField(event) {
    event.preventDefault();
    this.form.querySelector(event.target.getAttribute("href")).focus();
  }
}

/** Dates are written out in English only: not every browser knows the Kazakh months. */
function inWords(value) {
  if (!(value instanceof Date)) {
    return value;
  }
  return document.documentElement.lang === "en"
    ? value.toLocaleDateString("en-GB", { dateStyle: "long" })
    : value.toLocaleDateString("ru", { day: "2-digit", month: "2-digit", year: "numeric" });
}

for (const form of document.querySelectorAll("form[data-signing]")) {
  new Panel(form);
}
