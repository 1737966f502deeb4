#include "cli/app.h"

int main(int argc, char** argv) { return halfopen::run_app(argc, argv); }
