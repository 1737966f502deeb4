# `cpack` makes three Debian packages of what `cmake --install` installs: the program, the library, and what is needed to build
# with it. cmake/package_debian.cmake, which runs before they are packed, adds what only Debian wants.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package_debian.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package_ldconfig.cmake)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own

set(CPACK_COMPONENTS_ALL Program Library Development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The halfopen authors <halfopen@users.noreply.github.com>")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME halfopen)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "wireshark, qemu-system-x86")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
"what happens to a TCP connection when its peer goes away
halfopen plays what becomes of a TCP connection when the server's process is
killed, its host crashes, crashes and reboots, or is shut down: in virtual time
on models of 4.4BSD, Linux, FreeBSD and the plain RFCs, or in real time on this
machine's kernel with programs of one's own. It prints the packets with what
each program was told, writes captures for Wireshark, and compares them.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libhalfopen0)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
"model of TCP hosts, as a library
A TCP in user space with as much of an operating system around it as a program
can notice: packets in and out, the clock handed in. Two hosts and a path
between them can be crashed, rebooted and cut.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libhalfopen-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libhalfopen0 (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
"model of TCP hosts, as a library (development files)
A TCP in user space with as much of an operating system around it as a program
can notice. These are the headers for C++ and C, and what CMake and pkg-config
read.")

include(CPack)
