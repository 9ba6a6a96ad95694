// math.js behind Node's own http server: what a JavaScript application does with a matrix that comes in JSON.
const http = require("http");
const { inv, eigs } = require("mathjs");

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const { matrix } = JSON.parse(Buffer.concat(parts).toString());
    const answer = request.url === "/inverse" ? { inverse: inv(matrix) } : { eigenvalues: eigs(matrix, { eigenvectors: false }).values };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(answer));
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
