// One call of each family with the generated client, and a mistake; prints what came back as JSON, a line each.
// Runs as `node families.ts http://127.0.0.1:8000`; the types are checked by `tsc --strict`.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.ts";

declare const process: { argv: string[] };

type Check = components["schemas"]["Check"];
type Problem = components["schemas"]["Problem"];

// the answers of this client are JSON: without the media types named here, data could be the text of a CSV file as well
const nabla = createClient<paths, "application/json" | "application/problem+json">({ baseUrl: process.argv[2] ?? "http://127.0.0.1:8000" });

function answer<T extends { checks: Check[] }>(reply: { data?: T; error?: Problem }): T {
  if (reply.error) throw new Error(`${reply.error.code}: ${reply.error.detail} (${reply.error.hint ?? "no hint"})`);
  if (!reply.data?.checks.every((check) => check.passed)) throw new Error("an answer without its checks");
  return reply.data;
}

// calculus: a symbolic gradient, and its value
const gradient = answer(await nabla.POST("/v1/gradient", {
  body: { expression: "x'*A*x", variables: { A: "matrix(n,n)", x: { shape: ["n"] } }, wrt: "x", at: { A: [[2, 1], [0, 3]], x: [1, 2] } },
}));
const operation: "gradient" = gradient.operation;
console.log(JSON.stringify({ operation, text: gradient.result?.text, value: gradient.value }));

// functions: critical points
const critical = answer(await nabla.POST("/v1/critical-points", { body: { expression: "x^2 - y^2", wrt: ["x", "y"] } }));
console.log(JSON.stringify({ kinds: critical.points.map((point) => point.kind) }));

// linear algebra: an exact inverse
const inverse = answer(await nabla.POST("/v1/inverse", { body: { matrix: [["3/5", "1/3"], ["1/3", 1]], arithmetic: "exact" } }));
const first: number | string | { re: number | string; im: number | string } | undefined = inverse.inverse[0]?.[0];
console.log(JSON.stringify({ inverse: inverse.inverse, first }));

// learning: a straight line
const line = answer(await nabla.POST("/v1/regression", { body: { model: "ols", X: [[1], [2], [3], [4]], y: [3, 5, 7, 9.5] } }));
console.log(JSON.stringify({ slope: line.coefficients?.[0], intercept: line.intercept }));

// the service itself
const limits = await nabla.GET("/v1/limits");
console.log(JSON.stringify({ limits: (limits.data?.limits.length ?? 0) > 10 }));

// a mistake is a typed problem
const mistake = await nabla.POST("/v1/inverse", { body: { matrix: [[1, 2], [2, 4]] } });
console.log(JSON.stringify({ status: mistake.response.status, code: mistake.error?.code }));
