// Logging in: the cookie is set by the server and cannot be read from here.

import { isTrouble, logIn, Offline } from "./lib/api";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/login.css";

const input = (id: string) => document.getElementById(id) as HTMLInputElement;

async function submit(event: Event): Promise<void> {
  event.preventDefault();
  const notice = document.getElementById("notice")!;
  notice.hidden = true;
  try {
    await logIn(input("name").value, input("password").value);
    location.reload();
  } catch (error) {
    if (!isTrouble(error)) throw error;
    notice.textContent = error instanceof Offline ? `Cannot reach askwise (${error.message}).` : error.message;
    notice.hidden = false;
    input("password").select();
  }
}

document.getElementById("login")!.addEventListener("submit", (event) => void submit(event));
