// Shows /openapi.json. Nothing is loaded from elsewhere, and what is entered under "Authorize" is kept
// until the page is closed.
window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  filter: true,
})
