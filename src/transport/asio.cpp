// Asio and Beast are compiled once, here. Without their assertions: one of Beast's does not hold of a last chunk that
// comes in small pieces, so that a server could end the process.
#define BOOST_DISABLE_ASSERTS
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
