// Starts Swagger UI on the API's own description. A file of its own, so that no inline script need be allowed.
window.ui = SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false, // a token does not stay in a browser
  tryItOutEnabled: true,
  validatorUrl: null,
});
