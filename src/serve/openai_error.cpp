#include "serve/openai_error.h"

#include "base/format.h"
#include "base/json.h"

namespace retort {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

std::string error_body(const ApiError& error) {
  Json body = Json::object();
  body.set("message", error.message).set("type", error.type);
  body.set("param", or_null(error.param)).set("code", or_null(error.code));
  return Json::object().set("error", std::move(body)).dump();
}

HttpServerReply error_reply(const ApiError& error) {
  HttpServerReply reply{.status = error.status, .body = error_body(error)};
  if (error.status == 429 || error.status == 503) reply.headers = {{"Retry-After", "1"}};
  if (error.status == 401) reply.headers = {{"WWW-Authenticate", "Bearer"}};
  return reply;
}

std::string transport_error_body(int status) {
  if (status == 413)
    return error_body({.status = status,
                       .message = "the request's body is larger than this server reads; shorten it, or start "
                                  "the server with a larger --body-mb-max",
                       .code = "request_too_large"});
  return error_body(
      {.status = status, .message = format("the request is not one that HTTP knows ({})", status)});
}

}  // namespace retort
