"""What every route is made with: declaration, checks, errors, paging, credentials, OpenAPI."""
