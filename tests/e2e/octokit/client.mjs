// Does the calls that standard input lists with Octokit, and prints what came of each.
// A call is ["issues.createComment", {parameters}]; a list of all pages is ["*issues.listComments", {...}].
import { Octokit } from "@octokit/rest";
import { readFileSync } from "node:fs";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const octokit = new Octokit({
  auth: process.env.GITHUB_TOKEN,
  baseUrl: process.env.GITHUB_API_URL,
  log: quiet,
});

async function answer([name, parameters]) {
  const [scope, method] = name.replace("*", "").split(".");
  const endpoint = octokit.rest[scope][method];
  try {
    if (name.startsWith("*")) return { status: 200, data: await octokit.paginate(endpoint, parameters) };
    const { status, data } = await endpoint(parameters);
    return { status, data };
  } catch (error) {
    if (error.status === undefined) throw error;
    return { status: error.status, error: error.message, headers: error.response?.headers };
  }
}

const answers = [];
for (const call of JSON.parse(readFileSync(0, "utf8"))) answers.push(await answer(call));
process.stdout.write(JSON.stringify(answers));
