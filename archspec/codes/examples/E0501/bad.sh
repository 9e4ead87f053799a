archspec check resnet43 --format github
