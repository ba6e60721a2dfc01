// Errors as OpenAI's API gives them: status, and a body of message, type, param and code that its clients
// turn into their exceptions.
#pragma once

#include <string>

#include "http/server.h"

namespace retort {

struct ApiError {
  int status = 400;
  std::string message;
  std::string type = "invalid_request_error";
  std::string param;  // the member of the request; empty: null
  std::string code;   // empty: null
};

std::string error_body(const ApiError& error);
HttpServerReply error_reply(const ApiError& error);
// What the server itself refuses before a request is read whole: 400, 413, 414.
std::string transport_error_body(int status);

}  // namespace retort
