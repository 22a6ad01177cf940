// People: who may log in, in which role, with which tokens. Passwords and tokens are shown once.

import { useRef, useState } from "preact/hooks";
import { send } from "../lib/api";
import { Dialog } from "../ui/dialog";
import { Actions, Part, Trouble, said, useData } from "./parts/bits";
import type { Member, Members } from "./parts/wire";

const ROLES: Record<string, string> = {
  owner: "sees everything, and looks after people",
  reviewer: "settles disagreements, and sees how the work goes",
  annotator: "answers",
  machine: "answers by a token, without a password",
};

interface Secret {
  name: string;
  secret: string;
}

export default function People() {
  const { data, trouble, again } = useData<Members>("/api/admin/people");
  const [refusal, setRefusal] = useState("");
  const [made, setMade] = useState<(Secret & { what: string }) | null>(null);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const name = useRef<HTMLInputElement>(null);
  const call = <T,>(path: string, body: unknown, then: (found: T) => void) =>
    send<T>(path, body).then(
      (found) => (setRefusal(""), then(found), again()),
      (error: unknown) => setRefusal(said(error)),
    );
  if (data?.single) {
    return <p class="empty">This room is for one, who comes in by the link. Open one for several people with askwise serve.</p>;
  }
  return (
    <>
      <Trouble text={trouble || refusal} />
      {made && (
        <p class="notice secret" role="status">
          {made.secret ? `The ${made.what} of ${made.name}, shown this once: ` : `${made.name} is a machine: give it a token.`}
          <code>{made.secret}</code>
          {made.secret && (
            <button type="button" class="quiet" onClick={() => void navigator.clipboard?.writeText(made.secret)}>
              Copy
            </button>
          )}
        </p>
      )}
      <Part title="People" lead="There is no sign-up: who is not on this list cannot come in. Answers stay when somebody leaves.">
        <form
          class="row-of"
          onSubmit={(event) => {
            event.preventDefault();
            const form = new FormData(event.currentTarget);
            call<Secret>("/api/admin/people", { name: form.get("name"), role: form.get("role") }, (found) => {
              setMade({ ...found, what: "password" });
              if (name.current) name.current.value = "";
            });
          }}
        >
          <input ref={name} class="field" name="name" aria-label="Name" placeholder="Name" maxLength={64} required autocomplete="off" />
          <select class="field" name="role" aria-label="Role">
            {[...(data?.roles ?? [])].reverse().map((role) => (
              <option key={role} value={role} selected={role === "annotator"}>
                {role}
              </option>
            ))}
          </select>
          <button type="submit" class="solid">
            Let in
          </button>
        </form>
        <List
          people={data?.people ?? []}
          token={(who) => call<Secret>("/api/admin/token", { name: who, days: 90 }, (found) => setMade({ ...found, what: "token" }))}
          leave={setLeaving}
        />
      </Part>
      <Actions actions={[{ key: "a", text: "Add somebody", run: () => name.current?.focus() }]} />
      {leaving && (
        <Dialog id="leaving" label={`Shut ${leaving.name} out?`} close={() => setLeaving(null)}>
          <p>The password and all tokens end at once. The answers given stay.</p>
          <p class="row-of">
            <button
              type="button"
              class="solid"
              onClick={() => (call("/api/admin/remove", { name: leaving.name }, () => setMade(null)), setLeaving(null))}
            >
              {`Shut ${leaving.name} out`}
            </button>
          </p>
        </Dialog>
      )}
    </>
  );
}

interface ListProps {
  people: Member[];
  token: (name: string) => void;
  leave: (one: Member) => void;
}

function List({ people, token, leave }: ListProps) {
  return (
    <table class="table members">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col">Tokens</th>
          <th scope="col">
            <span class="muted">What to do</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {people.map((one) => (
          <tr key={one.name}>
            <th scope="row">{one.name}</th>
            <td>
              <span class={`chip ${one.role === "owner" ? "good" : ""}`.trim()}>{one.role}</span>{" "}
              <span class="muted small">{ROLES[one.role]}</span>
            </td>
            <td class="small">
              {one.tokens.map((pass) => (
                <div key={pass.prefix}>
                  <code>{`${pass.prefix}…`}</code>{" "}
                  <span class="muted">{`until ${new Date(pass.ends * 1000).toLocaleDateString()}`}</span>
                </div>
              ))}
            </td>
            <td>
              <span class="row-of">
                <button type="button" class="outline" onClick={() => token(one.name)}>
                  New token
                </button>
                <button type="button" class="outline" onClick={() => leave(one)}>
                  Shut out
                </button>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
