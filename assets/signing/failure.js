/** Why nothing was signed. `code` names a text of templates/components/sign.html, `params` fill it. */
export class Failure extends Error {
  constructor(code, params = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}
