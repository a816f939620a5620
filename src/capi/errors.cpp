#include "capi/errors.h"

#include <cstdio>

namespace spillway {

namespace {

// Fixed, so that it can be written when there is no memory left.
thread_local char t_last_error[512] = "";

}  // namespace

int code_of(Errc code) {
  switch (code) {
    case Errc::not_found: return SPILLWAY_E_NOT_FOUND;
    case Errc::denied: return SPILLWAY_E_DENIED;
    case Errc::invalid: return SPILLWAY_E_INVALID;
    case Errc::unsupported:
    case Errc::unavailable: return SPILLWAY_E_UNAVAILABLE;
    case Errc::timed_out: return SPILLWAY_E_TIMED_OUT;
    case Errc::io: return SPILLWAY_E_IO;
    case Errc::refused: return SPILLWAY_E_REFUSED;
  }
  return SPILLWAY_E_INTERNAL;
}

Errc errc_of(int code) {
  switch (code) {
    case SPILLWAY_E_NOT_FOUND: return Errc::not_found;
    case SPILLWAY_E_DENIED: return Errc::denied;
    case SPILLWAY_E_INVALID: return Errc::invalid;
    case SPILLWAY_E_UNAVAILABLE:
    case SPILLWAY_E_BUSY: return Errc::unavailable;
    case SPILLWAY_E_TIMED_OUT: return Errc::timed_out;
    case SPILLWAY_E_REFUSED: return Errc::refused;
    default: return Errc::io;
  }
}

const char* words_for(int code) {
  switch (code) {
    case SPILLWAY_OK: return "ok";
    case SPILLWAY_E_INVALID: return "invalid argument";
    case SPILLWAY_E_NOT_FOUND: return "not found";
    case SPILLWAY_E_REFUSED: return "refused";
    case SPILLWAY_E_TIMED_OUT: return "not within the time given";
    case SPILLWAY_E_BUSY: return "would wait for itself";
    case SPILLWAY_E_UNAVAILABLE: return "not available now";
    case SPILLWAY_E_DENIED: return "not permitted";
    case SPILLWAY_E_IO: return "the operating system said no";
    case SPILLWAY_E_NO_MEMORY: return "out of memory";
    case SPILLWAY_E_CALLBACK: return "a callback failed";
    case SPILLWAY_E_INTERNAL: return "internal error";
    default: return "unknown error";
  }
}

int report(int code, const char* what) {
  std::snprintf(t_last_error, sizeof t_last_error, "%s", what);
  return code;
}

int report(const Error& error) { return report(code_of(error.code), to_string(error).c_str()); }

const char* last_error() { return t_last_error; }

}  // namespace spillway
