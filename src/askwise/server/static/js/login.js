// Logging in: the cookie is set by the server and cannot be read from here.

import { logIn, Offline, Refused } from "./api.js";
import { byId } from "./dom.js";

async function submit(event) {
  event.preventDefault();
  const notice = byId("notice");
  notice.hidden = true;
  try {
    await logIn(byId("name").value, byId("password").value);
    location.reload();
  } catch (error) {
    if (!(error instanceof Offline) && !(error instanceof Refused)) throw error;
    notice.textContent = error instanceof Offline ? `Cannot reach askwise (${error.message}).` : error.message;
    notice.hidden = false;
    byId("password").select();
  }
}

byId("login").addEventListener("submit", submit);
