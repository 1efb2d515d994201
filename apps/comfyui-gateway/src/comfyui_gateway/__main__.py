"""`python -m comfyui_gateway`."""

from comfyui_gateway.cli import main

if __name__ == "__main__":
    main()
